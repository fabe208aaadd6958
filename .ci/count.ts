import { readFileSync } from 'node:fs';

// Prints the last line of .ci/run from vitest's JSON report; fails when a test, a file or an earlier step (argument "1") failed,
// or when nothing ran.
const [file = '', earlier] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, 'utf8') || '{}') as {
  numPassedTests?: number;
  numFailedTests?: number;
  testResults?: { status: string; assertionResults: { status: string }[] }[];
};
const passed = report.numPassedTests ?? 0;
const brokenFiles = (report.testResults ?? []).filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
);
const failed = (report.numFailedTests ?? 0) + brokenFiles.length;
if (earlier === '1' || failed > 0 || passed === 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
