/** Pages that need nothing of their own: signing in, the account, errors. */
import "../pages/theme-switch.js";
