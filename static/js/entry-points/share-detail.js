/** The owner's page of one share. */
import "../pages/theme.js";
import "../pages/local-time.js";
import "../pages/local-date.js";
import "../pages/copy.js";
import "../pages/pass-on.js";
import "../pages/live-updates.js";
import "../preview/enhance-buttons.js";
