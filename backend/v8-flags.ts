/**
 * Flags of Node that the service runs with. `main.ts` sets them too, for whoever starts it without; the heap of its main thread is
 * made by then, and takes some 100 MiB more under load.
 *
 * Memory of buffers that live for a request is collected with the young generation from 32 MB on. V8 13.6, that of Node 24, waits
 * for 128 MB and marks the whole heap at 64: several times a second under load (nodejs/node#61967).
 */
export const V8_FLAGS = ['--scavenger-max-new-space-capacity-mb=8'] as const;
