/** A recipient's page of a share, in each of its states. */
import "../pages/theme.js";
import "../pages/local-time.js";
import "../pages/opened.js";
import "../pages/copy.js";
import "../pages/pass-on.js";
import "../pages/show-password.js";
import "../pages/live-updates.js";
import "../pages/choose.js";
import "../preview/enhance-buttons.js";
import "../archive/enhance-buttons.js";
