--  A credentials callback that fails. An exception that leaves a callback ends the process, so it catches all, and
--  returns 0, which is a failure: no login is made.
--
--     $ gnatmake -q callback.adb -largs -lpersonr && ./callback
with Ada.Environment_Variables, Ada.Text_IO, Credentials, Interfaces.C.Strings, System;
use Interfaces.C, Interfaces.C.Strings;

procedure Callback is
   subtype Handle is System.Address;
   Nothing : Handle renames System.Null_Address;

   function Options_New return Handle
     with Import, Convention => C, External_Name => "personr_options_new";
   function Options_Set_Base_Url (Options : Handle; Url : char_array; Error : Handle) return int
     with Import, Convention => C, External_Name => "personr_options_set_base_url";
   function Options_Set_Credentials_Callback
     (Options : Handle; Callback : Credentials.Callback; User_Data, Free, Error : Handle) return int
     with Import, Convention => C, External_Name => "personr_options_set_credentials_callback";
   function Auth_New
     (Email : char_array; Password, Options : Handle; Auth : out Handle; Error : Handle) return int
     with Import, Convention => C, External_Name => "personr_auth_new";
   function Auth_Token (Auth : Handle; Token : out Handle; Error : Handle) return int
     with Import, Convention => C, External_Name => "personr_auth_token";
   function Status_Name (Status : int) return chars_ptr
     with Import, Convention => C, External_Name => "personr_status_name";
   procedure Options_Free (Options : Handle) with Import, Convention => C, External_Name => "personr_options_free";
   procedure Auth_Free (Auth : Handle) with Import, Convention => C, External_Name => "personr_auth_free";

   function Env (Variable : String) return char_array is (To_C (Ada.Environment_Variables.Value (Variable)));
   Options : constant Handle := Options_New;
   Auth, Token : Handle;
   Ignored : int;
begin
   Ignored := Options_Set_Base_Url (Options, Env ("PERSONR_BASE_URL"), Nothing);
   Ignored := Options_Set_Credentials_Callback (Options, Credentials.Ask'Access, Nothing, Nothing, Nothing);
   Ignored := Auth_New (Env ("PERSONR_EMAIL"), Nothing, Options, Auth, Nothing);
   Ada.Text_IO.Put_Line (Value (Status_Name (Auth_Token (Auth, Token, Nothing))));
   Auth_Free (Auth);
   Options_Free (Options);
end Callback;
