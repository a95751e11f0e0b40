/** The owner's page of one share. */
import "../pages/theme-switch.js";
import "../pages/local-time.js";
import "../pages/local-date.js";
import "../pages/copy-button.js";
import "../pages/share-button.js";
import "../pages/live-updates.js";
import "../preview/enhance-buttons.js";
