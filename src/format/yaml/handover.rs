//! Nodes as fields of the types that [`from_node`](super::from_node) makes.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, Visitor};

use super::Node;

/// Names the newtype that stands for a [`Node`].
pub const NODE: &str = "$gitml::yaml::Node";

thread_local! {
    /// A node on its way from the deserializer to its visitor: serde's data model has no values that
    /// it passes unseen. It is taken by the very call that follows.
    static HANDED_OVER: Cell<Option<Node>> = const { Cell::new(None) };
}

/// Hands a copy of `node` to the visitor that asked for [`NODE`].
pub fn give<'de, V: Visitor<'de>, E: de::Error>(node: &Node, visitor: V) -> Result<V::Value, E> {
    HANDED_OVER.set(Some(node.clone()));
    visitor.visit_unit()
}

impl<'de> de::Deserialize<'de> for Node {
    /// Only out of another [`Node`]; other formats have no marks.
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        struct Taken;

        impl Visitor<'_> for Taken {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value of a YAML file")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
                HANDED_OVER.take().ok_or_else(|| E::custom("marks are only kept of YAML files"))
            }
        }

        deserializer.deserialize_newtype_struct(NODE, Taken)
    }
}
