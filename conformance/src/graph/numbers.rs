//! The numbers that the ports of the table have on a node.

use am_product::Port;

use super::{Graph, Member, Node};

impl Node<'_> {
    /// The number of a port of the table on this node, as everybody believes.
    pub(crate) fn number_of(&self, port: &Port) -> u16 {
        let own = self.listeners.iter().find(|listener| listener.port == port);
        own.map_or_else(
            || port.number.saturating_add(self.offset()),
            |listener| listener.said,
        )
    }

    /// The ports of the table, first those that its server opens: other servers have ports of the same numbers.
    fn known(&self) -> impl Iterator<Item = &'static Port> {
        let own = self.listeners.iter().map(|listener| listener.port);
        own.chain(Port::all())
    }

    /// The number on this node of the port that has `number` in the table.
    pub(crate) fn moved(&self, number: u16) -> u16 {
        self.known().find(|port| port.number == number).map_or_else(
            || number.saturating_add(self.offset()),
            |port| self.number_of(port),
        )
    }

    /// The port of the table that has `number` on this node.
    pub(crate) fn port_at(&self, number: u16) -> Option<&'static Port> {
        self.known().find(|port| self.number_of(port) == number)
    }
}

impl<'a> Graph<'a> {
    /// A node of a workload; all of them listen alike, or AM-CONF-015 tells.
    pub(crate) fn node_of(&self, member: &Member<'_>) -> Option<&Node<'a>> {
        self.nodes
            .iter()
            .find(|node| std::ptr::eq(self.member(node.id).workload.object, member.workload.object))
    }

    /// The number of the port that has `number` in the table, on the pods of a workload.
    pub(crate) fn number_on(&self, member: &Member<'_>, number: u16) -> u16 {
        self.node_of(member)
            .map_or(number, |node| node.moved(number))
    }

    /// The port of the table that has `number` on the pods of a workload.
    pub(crate) fn port_on(&self, member: &Member<'_>, number: u16) -> Option<&'static Port> {
        match self.node_of(member) {
            Some(node) => node.port_at(number),
            None => Port::all().iter().find(|port| port.number == number),
        }
    }
}
