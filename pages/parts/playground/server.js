// The server's end: a request, and the frame that it answers with (engines/playground/frame.py).

export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function ask(body) {
  const answer = await fetch("/api/playground", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), cache: "no-store",
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `The server answers ${answer.status}.`);
  const buffer = await answer.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { ...header, planes: new Uint8Array(buffer, 4 + length) };
}
