import "./state/language";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./api/queries";
import { takeFromAddress } from "./api/session";
import { Tooltips } from "./parts/controls/Tooltip";
import { AccessGate } from "./shell/AccessGate";
import { Shell } from "./shell/Shell";
import { followSystemTheme } from "./theme/theme";
import "./theme/tokens.css";
import "./theme/base.css";
import "./parts/controls/controls.css";
import "./parts/controls/toggle.css";
import "./parts/display/bits.css";
import "./parts/overlays/overlay.css";
import "./parts/display/table.css";
import "./shell/shell.css";

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
