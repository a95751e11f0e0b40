/** The owner's list of shares. */
import "../pages/theme-switch.js";
import "../pages/local-time.js";
import "../pages/bulk-actions.js";
