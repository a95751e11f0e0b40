/** A recipient's page of a share, in each of its states. */
import "../pages/theme-switch.js";
import "../pages/local-time.js";
import "../pages/page-view.js";
import "../pages/copy-button.js";
import "../pages/share-button.js";
import "../pages/show-password.js";
import "../pages/live-updates.js";
import "../pages/file-selection.js";
import "../preview/enhance-buttons.js";
import "../archive/enhance-buttons.js";
