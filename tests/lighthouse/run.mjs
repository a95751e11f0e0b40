// Lighthouse's scores of one address, as a phone sees it: node run.mjs URL. Prints JSON.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

// Speed beside other programs is meaningless: LOOKS=all, for `make lighthouse`, measures it.
const CATEGORIES = [...(process.env.LOOKS === "all" ? ["performance"] : []), "accessibility", "best-practices"];
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"];

/** How often it may fail to measure, as on a busy machine it now and then does; a bad score is never taken twice. */
const TRIES = 3;

async function report(url) {
  const chrome = await launch({ chromePath: process.env.CHROME_PATH ?? "/usr/bin/chromium", chromeFlags: FLAGS });
  try {
    const { lhr } = await lighthouse(url, {
      port: chrome.port,
      onlyCategories: CATEGORIES,
      formFactor: "mobile",
      ignoreStatusCode: true, // an ended share answers 410, and its page is looked at like any other
      logLevel: "error",
    });
    return lhr;
  } finally {
    chrome.kill();
  }
}

let lhr = await report(process.argv[2]);
for (let tries = 1; lhr.runtimeError && tries < TRIES; tries += 1) lhr = await report(process.argv[2]);
if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
const short = Object.values(lhr.audits).filter(({ score }) => score !== null && score < 0.9);
console.log(
  JSON.stringify({
    scores: Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(lhr.categories[name].score * 100)])),
    times: Object.fromEntries(
      ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"].map(
        (name) => [name, lhr.audits[name]?.displayValue],
      ),
    ),
    short: short.map(({ id, title, displayValue }) => [id, title, displayValue].filter(Boolean).join(": ")),
  }),
);
