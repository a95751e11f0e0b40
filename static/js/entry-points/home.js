/** The page that files are sent from. */
import "../pages/theme-switch.js";
import "../pages/copy-button.js";
import "../upload/upload-app.js";
