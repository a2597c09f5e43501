"""Values to lines for the screen: notices, tables, help, differences."""
