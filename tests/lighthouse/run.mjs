// Lighthouse's scores of one address, as a phone sees it: node run.mjs URL CATEGORY.... Prints JSON.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [url, ...categories] = process.argv.slice(2);
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"];

/** How often it may fail to measure, as on a busy machine it now and then does; a bad score is never taken twice. */
const TRIES = 3;

async function report() {
  const chrome = await launch({ chromePath: process.env.CHROME_PATH ?? "/usr/bin/chromium", chromeFlags: FLAGS });
  try {
    const { lhr } = await lighthouse(url, {
      port: chrome.port,
      onlyCategories: categories,
      disableFullPageScreenshot: true,
      formFactor: "mobile",
      ignoreStatusCode: true, // an ended share answers 410, and its page is looked at like any other
      logLevel: "error",
    });
    return lhr;
  } finally {
    chrome.kill();
  }
}

let lhr = await report();
for (let tries = 1; lhr.runtimeError && tries < TRIES; tries += 1) lhr = await report();
if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
const short = Object.values(lhr.audits).filter(({ score }) => score !== null && score < 0.9);
console.log(
  JSON.stringify({
    scores: Object.fromEntries(categories.map((name) => [name, Math.round(lhr.categories[name].score * 100)])),
    times: Object.fromEntries(
      ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"].map(
        (name) => [name, lhr.audits[name]?.displayValue],
      ),
    ),
    short: short.map(({ id, title, displayValue }) => [id, title, displayValue].filter(Boolean).join(": ")),
  }),
);
