// Floors of reading files: every event of libyaml, and git's hash of the bytes.
#include "reference.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <yaml.h>

/// `yaml FILE…`: reads all events of all files, and keeps none.
int yaml_main(int count, char **arguments) {
  size_t events = 0, size = 0;
  struct span begin = span_begin();
  for (int i = 0; i < count; i++) {
    struct bytes file = read_file(arguments[i]);
    yaml_parser_t parser;
    require(yaml_parser_initialize(&parser), "libyaml did not start", NULL);
    yaml_parser_set_input_string(&parser, (const unsigned char *)file.data, file.size);
    for (int done = 0; !done; events++) {
      yaml_event_t event;
      require(yaml_parser_parse(&parser, &event), "not YAML", arguments[i]);
      done = event.type == YAML_STREAM_END_EVENT;
      yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    size += file.size;
    free(file.data);
  }
  printf("{");
  span_print(begin);
  printf(", \"events\": %zu, \"bytes\": %zu}\n", events, size);
  return 0;
}

/// `hash FILE…`: the least that tells whether files are what git has.
int hash_main(int count, char **arguments) {
  size_t size = 0;
  struct span begin = span_begin();
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  for (int i = 0; i < count; i++) {
    struct bytes file = read_file(arguments[i]);
    char header[32];
    unsigned char digest[EVP_MAX_MD_SIZE];
    int length = snprintf(header, sizeof header, "blob %zu", file.size);
    require(EVP_DigestInit_ex(context, EVP_sha1(), NULL) && EVP_DigestUpdate(context, header, (size_t)length + 1) &&
                EVP_DigestUpdate(context, file.data, file.size) && EVP_DigestFinal_ex(context, digest, NULL),
            "libcrypto did not hash", arguments[i]);
    size += file.size;
    free(file.data);
  }
  EVP_MD_CTX_free(context);
  printf("{");
  span_print(begin);
  printf(", \"bytes\": %zu}\n", size);
  return 0;
}
