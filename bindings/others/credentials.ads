--  The callback of callback.adb, at library level: the address of a nested subprogram is made on the stack.
with Interfaces.C, System;
use Interfaces.C;

package Credentials is
   type Callback is
     access function (User_Data, Email, Password : System.Address; Capacity : size_t) return int
     with Convention => C;

   function Ask (User_Data, Email, Password : System.Address; Capacity : size_t) return int with Convention => C;
end Credentials;
