/* What the peer is made of. */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>

int main(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

    printf("libcurl %s, %s, cJSON %s\n", curl->version, curl->ssl_version, cJSON_Version());
    return 0;
}
