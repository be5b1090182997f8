import { get } from 'node:http';
import { json } from 'node:stream/consumers';

/** Reads a JSON answer over a connection of its own: one that idled while batches were signed may be closed. */
export const getJson = (url: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      json(response).then(resolve, reject);
    }).on('error', reject);
  });
