// A reporter for Node's test runner: one JSON line for each test that ended.
export default async function* report(events) {
  let said = '';
  for await (const { type, data } of events) {
    if (type === 'test:stderr') said += data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.skip !== undefined || data.todo !== undefined) continue;
    const wholeFile = data.details.type === 'suite' && data.details.error?.failureType === 'hookFailed';
    if (data.details.type === 'suite' && !wholeFile) continue;
    const error = data.details.error;
    const why = type === 'test:pass' ? '' : reasonOf(error, said);
    yield `${JSON.stringify({ 'row-test': { title: data.name, passed: type === 'test:pass', wholeFile, why } })}\n`;
  }
}

/** A file that does not load says why on its standard error only. */
const reasonOf = (error, said) => {
  const message = String(error?.cause?.message ?? error?.message ?? error).split('\n')[0];
  if (message !== 'test failed') return message;
  return said.split('\n').find((line) => /Error/u.test(line)) ?? message;
};
