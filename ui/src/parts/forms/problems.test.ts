import { expect, test } from "vitest";
import { Code, RpcError } from "../../api/errors";
import { placed, sentences } from "./problems";

const invalid = new RpcError(Code.invalidParams, "providers[7].name: No slash. (2 more)", {
  findings: [
    { path: "providers[7].name", message: "No slash." },
    { path: "providers[7].headers.X-Api-Key", message: "Carries a secret." },
    { path: "timeouts.connect", message: "More than 0." },
  ],
});

test("each finding stands at its field, the others remain", () => {
  expect(placed(invalid, ["name", "headers"])).toEqual({
    at: { name: "No slash.", headers: "Carries a secret." },
    rest: "More than 0.",
  });
  expect(placed(invalid, ["name", "headers", "timeouts", "timeouts.connect"]).at["timeouts.connect"]).toBe(
    "More than 0.",
  );
});

test("a refusal without a place is about the field that it is given to", () => {
  const taken = new RpcError(Code.refused, "There is a provider of this name.");
  expect(placed(taken, ["name"], "name")).toEqual({ at: { name: "There is a provider of this name." }, rest: null });
  expect(placed(taken, ["name"])).toEqual({ at: {}, rest: "There is a provider of this name." });
  const conflict = new RpcError(Code.conflict, "It moved on.");
  expect(placed(conflict, ["name"], "name").rest).toBe("It moved on.");
});

test("a single field says all findings without their paths", () => {
  expect(sentences(invalid)).toBe("No slash. Carries a secret. More than 0.");
  expect(sentences(new Error("Lost."))).toBe("Lost.");
});
