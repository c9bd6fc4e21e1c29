//! Who is connected to whom, as the kernel of a pod tells it: `/proc/net/tcp` and `/proc/net/tcp6`.

/// The state of a connection that is up. Source: proc(5), `/proc/net/tcp`; `TCP_ESTABLISHED` of the kernel.
const ESTABLISHED: &str = "01";

/// Whether a table holds a connection to a port of another end.
pub(crate) fn is_connected_to(table: &str, port: u16) -> bool {
    let wanted = format!(":{port:04X}");
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(2);
        let remote = fields.next().unwrap_or_default();
        remote.ends_with(&wanted) && fields.next() == Some(ESTABLISHED)
    })
}

#[cfg(test)]
mod tests {
    use super::is_connected_to;

    #[test]
    fn only_a_connection_that_is_up_counts() {
        let row = |remote: &str, state: &str| {
            format!(
                "  sl  local_address rem_address   st\n   0: 0100007F:AE1C {remote} {state} 00000000:00000000\n"
            )
        };
        assert!(is_connected_to(&row("0A00F40A:1628", "01"), 5672));
        assert!(!is_connected_to(&row("0A00F40A:1628", "02"), 5672));
        assert!(!is_connected_to(&row("0A00F40A:24E3", "01"), 5672));
        assert!(!is_connected_to("", 5672));
    }
}
