# What an embedder gets: one archive, its headers, a CMake package and a pkg-config file.
#
# The archive holds one object in which only tcpr_* is visible: the engine's rooms call each other by short names, and
# those are not the embedder's. Sections stay apart, so that a linker can still drop what is not used.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(TCPROVE_ENGINE_FEATURES "" CACHE STRING
  "What the installed engine is built with, an expression of TCPR_FEATURE_... and TCPR_FEATURES_LEAST; empty: all")
option(TCPROVE_ENGINE_CUBIC "Build the installed engine with CUBIC beside Reno" ON)

set(engine_archive ${CMAKE_CURRENT_BINARY_DIR}/install/libtcprove_engine.a)
add_library(tcprove_engine_objects OBJECT EXCLUDE_FROM_ALL $<TARGET_PROPERTY:tcprove_engine,SOURCES>)
target_include_directories(tcprove_engine_objects PRIVATE include)
target_compile_options(tcprove_engine_objects PRIVATE ${TCPROVE_WARNINGS} -ffunction-sections -fdata-sections)
if(TCPROVE_ENGINE_FEATURES)
  target_compile_definitions(tcprove_engine_objects PRIVATE "TCPR_FEATURES_BUILT=(${TCPROVE_ENGINE_FEATURES})")
endif()
if(NOT TCPROVE_ENGINE_CUBIC)
  target_compile_definitions(tcprove_engine_objects PRIVATE TCPR_CONTROLLERS_BUILT=1)
endif()
# Compiled as one where the compiler can turn that into a plain object: a sixth faster. "dyn" tells it that only what is
# not hidden can be called from outside, whatever the linker says of an object that is linked again; it changes no code.
set(engine_link ${CMAKE_LINKER} -r)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(tcprove_engine_objects PRIVATE -flto)
  separate_arguments(engine_flags UNIX_COMMAND "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_RELEASE}")
  set(engine_link ${CMAKE_C_COMPILER} ${engine_flags} -flto=auto -flinker-output=dyn -ffunction-sections
    -fdata-sections -nostdlib -r)
endif()
add_custom_command(OUTPUT ${engine_archive}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/install
  COMMAND ${CMAKE_COMMAND} -E rm -f ${engine_archive}
  COMMAND ${engine_link} -o install/tcprove_engine.o $<TARGET_OBJECTS:tcprove_engine_objects>
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=tcpr_* install/tcprove_engine.o
  COMMAND ${CMAKE_AR} rcs ${engine_archive} install/tcprove_engine.o
  WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
  DEPENDS tcprove_engine_objects $<TARGET_OBJECTS:tcprove_engine_objects>
  COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking the engine as embedders get it")
add_custom_target(tcprove_engine_archive ALL DEPENDS ${engine_archive})
add_dependencies(tcprove_engine_archive tcprove_sums)

configure_package_config_file(cmake/tcproveConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/install/tcproveConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tcprove
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/install/tcproveConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
configure_file(cmake/tcprove-engine.pc.in ${CMAKE_CURRENT_BINARY_DIR}/install/tcprove-engine.pc @ONLY)

install(TARGETS tcprove_sums ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT engine)
install(FILES ${engine_archive} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT engine)
install(DIRECTORY include/tcprove DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT engine)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/install/tcproveConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/install/tcproveConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tcprove COMPONENT engine)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/install/tcprove-engine.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT engine)
