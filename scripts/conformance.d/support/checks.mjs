// For the programs of suites in Node: one line of JSON for each check. Needs nothing but Node.
/** Runs one check; what it throws is why it did not pass. */
export async function check(name, run) {
  let why = null;
  try {
    await within(60_000, run());
  } catch (error) {
    why = `${error?.name ?? "Error"}: ${error?.message ?? error}`.replace(/\s+/g, " ").slice(0, 400);
  }
  process.stdout.write(`${JSON.stringify({ check: name, passed: why === null, why })}\n`);
}

async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`no end within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function same(found, wanted, what) {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${what} is ${left}, not ${right}`);
}

export function holds(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

export function says(text, what = "the text") {
  holds(typeof text === "string" && text.length > 0, `${what} is ${JSON.stringify(text)}`);
}

/** What `run` throws has to be of this class and carry this status. */
export async function refused(run, kind, status) {
  try {
    await run();
  } catch (error) {
    holds(error instanceof kind, `${error?.name}: ${error?.message} is no ${kind.name}`);
    if (status !== undefined) same(error.status, status, "the status");
    return error;
  }
  throw new Error("it was not refused");
}

/** Ends at once, whatever connections are still open. */
export function end() {
  process.exit(0);
}
