/** Another project's program, or why this machine cannot have it; a test without it is skipped, never passed. */
export type Peer = { readonly path: string } | { readonly missing: string };

/** The `skip` option of a test that needs the peer. */
export const skipWithout = (peer: Peer): { skip: string | false } => ({
  skip: 'missing' in peer ? peer.missing : false,
});

/** The program's path, inside a test that `skipWithout` guards. */
export function pathOf(peer: Peer): string {
  if ('missing' in peer) throw new Error(peer.missing);
  return peer.path;
}
