import { Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { Tooltip } from "../../parts/controls/Tooltip";
import { useNarrow } from "../../state/media";
import { chooseTheme, chosenTheme, type Theme } from "../../theme/theme";
import styles from "./sidebar.module.css";

const THEMES = [
  { theme: "system", icon: Monitor, word: "System" },
  { theme: "light", icon: Sun, word: "Light" },
  { theme: "dark", icon: Moon, word: "Dark" },
] as const;

/** Which colours are shown: one of three, all in sight. */
export function ThemeSwitch() {
  const [chosen, setChosen] = useState(chosenTheme);
  const isNarrow = useNarrow();
  const choose = (theme: Theme) => {
    chooseTheme(theme);
    setChosen(theme);
  };
  return (
    <fieldset className={styles.themes}>
      <legend className="visually-hidden">Theme</legend>
      {THEMES.map(({ theme, icon: Icon, word }) => (
        <label key={theme} className={styles.theme}>
          <Tooltip text={isNarrow ? `${word} theme` : null} side="right">
            <input type="radio" name="theme" value={theme} checked={theme === chosen} onChange={() => choose(theme)} />
          </Tooltip>
          <Icon aria-hidden />
          <span className={styles.word}>{word}</span>
        </label>
      ))}
    </fieldset>
  );
}
