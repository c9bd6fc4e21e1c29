//! Thin commands over the am-charts libraries.

fn main() {}
