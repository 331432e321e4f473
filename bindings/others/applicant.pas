{ Logs in, creates an applicant, and prints its id. Debian: fp-compiler.

      $ fpc -v0 -l- applicant.pas && ./applicant }
program applicant;
{$mode objfpc}{$H+}
{$linklib personr}

uses SysUtils, ctypes;

type
  THandle = Pointer;

function personr_options_new: THandle; cdecl; external;
function personr_options_set_base_url(options: THandle; url: PChar; out error: THandle): cint32; cdecl; external;
function personr_options_set_ca_file(options: THandle; path: PChar; out error: THandle): cint32; cdecl; external;
function personr_options_set_token_store(options: THandle; store: PChar; out error: THandle): cint32; cdecl; external;
function personr_auth_new(email, password: PChar; options: THandle; out auth, error: THandle): cint32; cdecl; external;
function personr_auth_token(auth: THandle; out token, error: THandle): cint32; cdecl; external;
function personr_token_user_id(token: THandle): PChar; cdecl; external;
function personr_request_new(endpoint: PChar): THandle; cdecl; external;
function personr_request_add_text(request: THandle; name, value: PChar; out error: THandle): cint32; cdecl; external;
function personr_request_send(auth, request: THandle; out response, error: THandle): cint32; cdecl; external;
function personr_response_json(response: THandle): THandle; cdecl; external;
function personr_json_string(json: THandle; pointer: PChar): PChar; cdecl; external;
function personr_status_name(status: cint32): PChar; cdecl; external;
function personr_error_reason(error: THandle): PChar; cdecl; external;
function personr_error_message(error: THandle): PChar; cdecl; external;
procedure personr_options_free(options: THandle); cdecl; external;
procedure personr_auth_free(auth: THandle); cdecl; external;
procedure personr_token_free(token: THandle); cdecl; external;
procedure personr_request_free(request: THandle); cdecl; external;
procedure personr_response_free(response: THandle); cdecl; external;
procedure personr_error_free(error: THandle); cdecl; external;

var
  options, auth, token, request, response, error: THandle;

procedure Check(status: cint32);
begin
  if status <> 0 then
    raise Exception.CreateFmt('%s (%s): %s', [personr_status_name(status), personr_error_reason(error),
      personr_error_message(error)]);
end;

function Env(const variable: string): string;
begin
  Result := GetEnvironmentVariable(variable);
end;

begin
  auth := nil; token := nil; response := nil; error := nil;
  options := personr_options_new;
  request := personr_request_new('api-applicant-create');
  try
    if Env('PERSONR_BASE_URL') <> '' then
      Check(personr_options_set_base_url(options, PChar(Env('PERSONR_BASE_URL')), error));
    if Env('PERSONR_CA_FILE') <> '' then
      Check(personr_options_set_ca_file(options, PChar(Env('PERSONR_CA_FILE')), error));
    if Env('PERSONR_STORE') <> '' then
      Check(personr_options_set_token_store(options, PChar(Env('PERSONR_STORE')), error));
    Check(personr_auth_new(PChar(Env('PERSONR_EMAIL')), PChar(Env('PERSONR_PASSWORD')), options, auth, error));
    Check(personr_auth_token(auth, token, error));
    WriteLn('user id: ', personr_token_user_id(token));

    Check(personr_request_add_text(request, 'email', 'maia@example.com', error));
    Check(personr_request_add_text(request, 'phone', '+64211234567', error));
    Check(personr_request_add_text(request, 'flowName', 'Individual', error));
    Check(personr_request_send(auth, request, response, error));
    WriteLn('applicant: ', personr_json_string(personr_response_json(response), '/response/applicant_id'));
  except
    on failure: Exception do
    begin
      WriteLn(StdErr, failure.Message);
      ExitCode := 1;
    end;
  end;
  personr_error_free(error);
  personr_response_free(response);
  personr_request_free(request);
  personr_token_free(token);
  personr_auth_free(auth);
  personr_options_free(options);
end.
