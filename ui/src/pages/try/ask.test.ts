import { describe, expect, it } from "vitest";
import { decoded } from "./ask";

describe("header values", () => {
  it("are shown as they were meant", () => {
    expect(decoded("p/mod%C3%A8le%2525")).toBe("p/modèle%25");
    expect(decoded("openai/gpt-4o")).toBe("openai/gpt-4o");
    expect(decoded(null)).toBeNull();
  });

  it("stay as they came where they were cut", () => {
    expect(decoded("p/%E6%A8~0123")).toBe("p/%E6%A8~0123");
  });
});
