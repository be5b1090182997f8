#!/usr/bin/env node
import { main } from '../scripts/bootstrap.mjs';

await main('gridseal', process.argv.slice(2), process.cwd());
