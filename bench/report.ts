/** What a bench hands back: one object for programs, a table for people, and whether every goal is met. */
export type BenchReport = { readonly json: unknown; readonly text: string; readonly ok: boolean };
