// Asks with the first key and, when that is refused as unknown or out of use (401), with the
// spare one. Prints which key was let in, and every status on the way.

const { BASE_URL, PRIMARY_KEY, PRIMARY_SECRET, SPARE_KEY, SPARE_SECRET, METHOD = "GET", CALL_PATH } =
  process.env;

async function request(key, secret) {
  const pair = Buffer.from(`${key}:${secret}`).toString("base64");
  const response = await fetch(BASE_URL + CALL_PATH, {
    method: METHOD,
    headers: { Authorization: `Basic ${pair}`, "Content-Type": "application/json" },
    body: METHOD === "GET" ? undefined : JSON.stringify({ amount: "12.50", currency: "EUR" }),
  });
  return { status: response.status, body: await response.json() };
}

const answers = [await request(PRIMARY_KEY, PRIMARY_SECRET)];
if (answers[0].status === 401) {
  answers.push(await request(SPARE_KEY, SPARE_SECRET));
}
console.log(JSON.stringify(answers));
