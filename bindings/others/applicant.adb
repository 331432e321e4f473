--  Logs in, creates an applicant, and prints its id. Debian: gnat.
--
--     $ gnatmake -q applicant.adb -largs -lpersonr && ./applicant
with Ada.Command_Line, Ada.Environment_Variables, Ada.Text_IO, Interfaces.C.Strings, System;
use Interfaces.C, Interfaces.C.Strings;

procedure Applicant is
   subtype Handle is System.Address;
   No_Handle : Handle renames System.Null_Address;

   function Options_New return Handle
     with Import, Convention => C, External_Name => "personr_options_new";
   function Options_Set_Base_Url (Options : Handle; Url : char_array; Error : out Handle) return int
     with Import, Convention => C, External_Name => "personr_options_set_base_url";
   function Options_Set_Ca_File (Options : Handle; Path : char_array; Error : out Handle) return int
     with Import, Convention => C, External_Name => "personr_options_set_ca_file";
   function Options_Set_Token_Store (Options : Handle; Store : char_array; Error : out Handle) return int
     with Import, Convention => C, External_Name => "personr_options_set_token_store";
   function Auth_New
     (Email, Password : char_array; Options : Handle; Auth, Error : out Handle) return int
     with Import, Convention => C, External_Name => "personr_auth_new";
   function Auth_Token (Auth : Handle; Token, Error : out Handle) return int
     with Import, Convention => C, External_Name => "personr_auth_token";
   function Token_User_Id (Token : Handle) return chars_ptr
     with Import, Convention => C, External_Name => "personr_token_user_id";
   function Request_New (Endpoint : char_array) return Handle
     with Import, Convention => C, External_Name => "personr_request_new";
   function Request_Add_Text (Request : Handle; Name, Value : char_array; Error : out Handle) return int
     with Import, Convention => C, External_Name => "personr_request_add_text";
   function Request_Send (Auth, Request : Handle; Response, Error : out Handle) return int
     with Import, Convention => C, External_Name => "personr_request_send";
   function Response_Json (Response : Handle) return Handle
     with Import, Convention => C, External_Name => "personr_response_json";
   function Json_String (Json : Handle; Pointer : char_array) return chars_ptr
     with Import, Convention => C, External_Name => "personr_json_string";
   function Status_Name (Status : int) return chars_ptr
     with Import, Convention => C, External_Name => "personr_status_name";
   function Error_Reason (Error : Handle) return chars_ptr
     with Import, Convention => C, External_Name => "personr_error_reason";
   function Error_Message (Error : Handle) return chars_ptr
     with Import, Convention => C, External_Name => "personr_error_message";
   procedure Options_Free (Options : Handle) with Import, Convention => C, External_Name => "personr_options_free";
   procedure Auth_Free (Auth : Handle) with Import, Convention => C, External_Name => "personr_auth_free";
   procedure Token_Free (Token : Handle) with Import, Convention => C, External_Name => "personr_token_free";
   procedure Request_Free (Request : Handle) with Import, Convention => C, External_Name => "personr_request_free";
   procedure Response_Free (Response : Handle) with Import, Convention => C, External_Name => "personr_response_free";
   procedure Error_Free (Error : Handle) with Import, Convention => C, External_Name => "personr_error_free";

   Failed : exception;
   Auth, Token, Response, Error : Handle := No_Handle;
   Options : constant Handle := Options_New;
   Request : constant Handle := Request_New (To_C ("api-applicant-create"));

   procedure Check (Status : int) is
   begin
      if Status /= 0 then
         Ada.Text_IO.Put_Line
           (Ada.Text_IO.Standard_Error,
            Value (Status_Name (Status)) & " (" & Value (Error_Reason (Error)) & "): " & Value (Error_Message (Error)));
         raise Failed;
      end if;
   end Check;

   function Is_Set (Variable : String) return Boolean renames Ada.Environment_Variables.Exists;
   function Env (Variable : String) return char_array is (To_C (Ada.Environment_Variables.Value (Variable)));

   procedure Run is
   begin
      if Is_Set ("PERSONR_BASE_URL") then
         Check (Options_Set_Base_Url (Options, Env ("PERSONR_BASE_URL"), Error));
      end if;
      if Is_Set ("PERSONR_CA_FILE") then
         Check (Options_Set_Ca_File (Options, Env ("PERSONR_CA_FILE"), Error));
      end if;
      if Is_Set ("PERSONR_STORE") then
         Check (Options_Set_Token_Store (Options, Env ("PERSONR_STORE"), Error));
      end if;
      Check (Auth_New (Env ("PERSONR_EMAIL"), Env ("PERSONR_PASSWORD"), Options, Auth, Error));
      Check (Auth_Token (Auth, Token, Error));
      Ada.Text_IO.Put_Line ("user id: " & Value (Token_User_Id (Token)));

      Check (Request_Add_Text (Request, To_C ("email"), To_C ("maia@example.com"), Error));
      Check (Request_Add_Text (Request, To_C ("phone"), To_C ("+64211234567"), Error));
      Check (Request_Add_Text (Request, To_C ("flowName"), To_C ("Individual"), Error));
      Check (Request_Send (Auth, Request, Response, Error));
      Ada.Text_IO.Put_Line
        ("applicant: " & Value (Json_String (Response_Json (Response), To_C ("/response/applicant_id"))));
   exception
      when Failed => Ada.Command_Line.Set_Exit_Status (Ada.Command_Line.Failure);
   end Run;
begin
   Run;
   Error_Free (Error);
   Response_Free (Response);
   Request_Free (Request);
   Token_Free (Token);
   Auth_Free (Auth);
   Options_Free (Options);
end Applicant;
