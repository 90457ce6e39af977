import "./state/language";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./api/queries";
import { takeFromAddress } from "./api/session";
import { Tooltips } from "./parts/controls/Tooltip";
import { AccessGate } from "./shell/window/AccessGate";
import { Shell } from "./shell/window/Shell";
import { followSystemTheme } from "./theme/theme";
import "./theme/font.css";
import "./theme/tokens.css";
import "./theme/base.css";

const brought = takeFromAddress();
followSystemTheme();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Tooltips>
          <AccessGate brought={brought}>
            <Shell />
          </AccessGate>
        </Tooltips>
      </QueryClientProvider>
    </StrictMode>,
  );
}
