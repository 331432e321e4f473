#include <personr.h>
#include <stdio.h>

int other_answer(void);

int main(void)
{
    personr_error *error = NULL;
    personr_auth *auth = NULL;
    personr_status status = personr_auth_new("colon:in@email", "password", NULL, &auth, &error);

    printf("%d %d %s\n", other_answer(), status, personr_error_reason(error));
    personr_error_free(error);
    personr_auth_free(auth);
    return 0;
}
