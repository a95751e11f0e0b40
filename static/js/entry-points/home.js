/** The page that files are sent from. */
import "../pages/theme.js";
import "../pages/copy.js";
import "../upload/upload-app.js";
