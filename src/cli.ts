#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { start } from './cli/start.js';

start(fileURLToPath(import.meta.url));
