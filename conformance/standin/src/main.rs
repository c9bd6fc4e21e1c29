//! A small server that plays an API Manager component by the product's own rules.

fn main() {}
