{ A credentials callback that fails. An exception that leaves a callback leaves the library behind in the middle. So it
  catches all, and returns 0, which is a failure: no login is made.

      $ fpc -v0 -l- callback.pas && ./callback }
program callback;
{$mode objfpc}{$H+}
{$linklib personr}

uses SysUtils, ctypes;

type
  THandle = Pointer;
  TCredentials = function(userData: Pointer; email, password: PChar; capacity: csize_t): cint32; cdecl;

function personr_options_new: THandle; cdecl; external;
function personr_options_set_base_url(options: THandle; url: PChar; error: Pointer): cint32; cdecl; external;
function personr_options_set_credentials_callback(options: THandle; callback: TCredentials;
  userData, free, error: Pointer): cint32; cdecl; external;
function personr_auth_new(email, password: PChar; options: THandle; out auth: THandle; error: Pointer): cint32;
  cdecl; external;
function personr_auth_token(auth: THandle; out token: THandle; error: Pointer): cint32; cdecl; external;
function personr_status_name(status: cint32): PChar; cdecl; external;
procedure personr_options_free(options: THandle); cdecl; external;
procedure personr_auth_free(auth: THandle); cdecl; external;

function Ask(userData: Pointer; email, password: PChar; capacity: csize_t): cint32; cdecl;
begin
  try
    StrPCopy(password, GetEnvironmentVariable('PERSONR_PASSWORD'));
    raise Exception.Create('on purpose');
    Result := 1;
  except
    Result := 0;
  end;
end;

var
  options, auth, token: THandle;

begin
  options := personr_options_new;
  personr_options_set_base_url(options, PChar(GetEnvironmentVariable('PERSONR_BASE_URL')), nil);
  personr_options_set_credentials_callback(options, @Ask, nil, nil, nil);
  personr_auth_new(PChar(GetEnvironmentVariable('PERSONR_EMAIL')), nil, options, auth, nil);
  WriteLn(personr_status_name(personr_auth_token(auth, token, nil)));
  personr_auth_free(auth);
  personr_options_free(options);
end.
