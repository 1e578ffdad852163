// Signs with npm's oauth-1.0a, as the shops' tutorials do, and prints what the server answered.
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";

const OAuth = createRequire(import.meta.url)("oauth-1.0a");
const { URL_TO_CALL, CONSUMER_KEY, CONSUMER_SECRET, SIGNATURE_METHOD, PLACE } = process.env;
const algorithm = SIGNATURE_METHOD.replace("HMAC-", "").toLowerCase();

const oauth = new OAuth({
  consumer: { key: CONSUMER_KEY, secret: CONSUMER_SECRET },
  signature_method: SIGNATURE_METHOD,
  hash_function: (base, key) => createHmac(algorithm, key).update(base).digest("base64"),
});
const request = { url: URL_TO_CALL, method: "GET" };
const signed = oauth.authorize(request);

const target = new URL(URL_TO_CALL);
const headers = PLACE === "header" ? oauth.toHeader(signed) : {};
if (PLACE === "query") {
  for (const [name, value] of Object.entries(signed)) target.searchParams.set(name, value);
}
const send = async () => {
  const response = await fetch(target, { headers });
  return { status: response.status, body: await response.json() };
};
console.log(JSON.stringify([await send(), await send()]));
