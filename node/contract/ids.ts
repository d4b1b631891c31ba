/** What replicas and clients are known by. */

/** The name of a replica, unique over all groups of a cluster: `n1`, or `shard2/n1`. */
export type NodeId = string;

/** The name of a client connection, as the runtime sees it. Protocols never see one. */
export type ClientId = string;
