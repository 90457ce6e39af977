import { expect, test } from "vitest";
import type { LimitMode, LimitType } from "../../api/generated";
import { strictWords } from "./wording";

const limit = (limit_type: LimitType, mode: LimitMode = "strict") => ({ limit_type, mode });

test("where no limit is strict, nothing is said of it", () => {
  expect(strictWords([])).toBeNull();
  expect(strictWords([limit("cost", "soft"), limit("requests")])).toBeNull();
});

test("what strict means is said once for all limits", () => {
  expect(strictWords([limit("total_tokens"), limit("cost", "soft")])).toBe(
    "Strict: never passed, as long as the provider keeps to the cap it is sent. Answers are capped to what is left; a request without max_tokens holds up to 4,096 tokens. Requests of unknown size (images, audio) are refused.",
  );
  expect(strictWords([limit("total_tokens"), limit("cost")])).toMatch(/unknown size \(images, audio\) or price are/);
  expect(strictWords([limit("input_tokens")])).toMatch(/Answers are capped, by default to 4,096 tokens\./);
});
