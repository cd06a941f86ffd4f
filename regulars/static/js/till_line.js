// The line to the shop: what is asked there, and what it means when nobody answers.
const PATIENCE = 8000; // ms
const LATER = [408, 429]; // too slow or too often for now

export class NoLine extends Error {}

export class Refused extends Error {
  constructor(status, body) {
    super(body.title ?? "");
    this.status = status;
    this.code = body.code ?? "";
    this.problems = body.problems ?? [];
  }

  get words() {
    return this.problems.map((each) => each.message).join(" ") || this.message;
  }
}

export async function ask(address, { token, body } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers["X-CSRF-Token"] = token;
  if (body) headers["Content-Type"] = "application/json";
  const asked = { headers, method: body ? "POST" : "GET", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
  if (body) asked.body = JSON.stringify(body);
  const answer = await fetch(address, asked).catch(() => null);
  if (!answer || answer.status >= 500 || LATER.includes(answer.status)) throw new NoLine();
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}
