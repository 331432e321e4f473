with Ada.Environment_Variables;

package body Credentials is
   function Ask (User_Data, Email, Password : System.Address; Capacity : size_t) return int is
      Place : char_array (0 .. Capacity - 1) with Import, Address => Password;
      Count : size_t;
   begin
      To_C (Ada.Environment_Variables.Value ("PERSONR_PASSWORD"), Place, Count);
      raise Program_Error with "on purpose";
      return 1;
   exception
      when others => return 0;
   end Ask;
end Credentials;
