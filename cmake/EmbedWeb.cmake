# centavo_embed_web(TARGET): puts web/dist, whatever is in it when the program is built, into TARGET. `scripts/web build`
# makes web/dist; without it the program is whole but for its page.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
set(CENTAVO_EMBED_WEB_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_web.py)
function(centavo_embed_web target)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/embedded_web)
  # The names in web/dist change with their contents, so the step looks each time; it writes only what is new.
  add_custom_target(embedded_web
    COMMAND ${Python3_EXECUTABLE} ${CENTAVO_EMBED_WEB_SCRIPT} ${CMAKE_SOURCE_DIR}/web/dist ${folder}
    BYPRODUCTS ${folder}/embedded_web.cc ${folder}/embedded_web.bin VERBATIM)
  set_source_files_properties(${folder}/embedded_web.cc PROPERTIES GENERATED TRUE OBJECT_DEPENDS ${folder}/embedded_web.bin)
  target_sources(${target} PRIVATE ${folder}/embedded_web.cc)
  add_dependencies(${target} embedded_web)
endfunction()
