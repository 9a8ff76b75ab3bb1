# What an author of a stack gets: the program with its suite, tcprove/stack.h, and a plug-in to begin with. All of it but
# the program is the same for every machine and stands in share/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(packages ${CMAKE_CURRENT_BINARY_DIR}/install)
write_basic_package_version_file(${packages}/tcprove-stackConfigVersion.cmake COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
configure_file(cmake/tcprove-stack.pc.in ${packages}/tcprove-stack.pc @ONLY)
configure_file(cmake/tcprove-stackConfig.cmake.in ${packages}/tcprove-stackConfig.cmake @ONLY)

install(TARGETS tcprove RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT harness)
install(FILES include/tcprove/stack.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tcprove COMPONENT harness)
install(FILES ${packages}/tcprove-stackConfig.cmake ${packages}/tcprove-stackConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_DATADIR}/cmake/tcprove-stack COMPONENT harness)
install(FILES ${packages}/tcprove-stack.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig COMPONENT harness)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/specs stacks/template DESTINATION ${CMAKE_INSTALL_DATADIR}/tcprove
  COMPONENT harness)
install(FILES ${PROJECT_SOURCE_DIR}/docs/target-plugin.md ${PROJECT_SOURCE_DIR}/docs/spec-language.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT harness)
