import Testing

/// Every test with processes of its own, one after the other: a store or a broker that waits for the processor behind
/// another test's pods is slow, and a slow store is allowed to let a duplicate pass.
@Suite(.serialized) enum LocalCluster {}
