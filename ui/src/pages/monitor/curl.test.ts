import { expect, test } from "vitest";
import { curlOf } from "./curl";
import { EVERYTHING, filterIn, isNarrowed, paramsOf } from "./filter";

test("a request becomes a command without its body and without a key", () => {
  expect(curlOf({ endpoint: "chat/completions", model_asked: "one/a" }, "http://127.0.0.1:3625")).toBe(
    [
      "curl 'http://127.0.0.1:3625/v1/chat/completions' \\",
      '  -H "Authorization: Bearer $LOCALROUTER_KEY" \\',
      "  -H 'Content-Type: application/json' \\",
      "  -d @body.json",
    ].join("\n"),
  );
});

test("the command goes where the program went", () => {
  const url = "http://127.0.0.1:3625";
  expect(curlOf({ endpoint: "messages/count_tokens", model_asked: "one/a" }, url)).toContain(
    "curl 'http://127.0.0.1:3625/v1/messages/count_tokens'",
  );
  expect(curlOf({ endpoint: "models/{model}:generateContent", model_asked: "one/a" }, url)).toContain(
    "curl 'http://127.0.0.1:3625/v1/models/one/a:generateContent'",
  );
});

test("only what is chosen restricts", () => {
  expect(paramsOf(EVERYTHING)).toEqual({});
  expect(isNarrowed(EVERYTHING)).toBe(false);
  const filter = { ...EVERYTHING, client: "c1", outcome: "failed" } as const;
  expect(paramsOf(filter)).toEqual({ client_id: "c1", outcome: "failed" });
  expect(isNarrowed(filter)).toBe(true);
});

test("an address can ask for a filter", () => {
  expect(filterIn("?request=req_1")).toBeNull();
  expect(filterIn("?outcome=nonsense")).toBeNull();
  expect(filterIn("?outcome=failed&model=a%2Fb")).toEqual({ ...EVERYTHING, outcome: "failed", model: "a/b" });
});
