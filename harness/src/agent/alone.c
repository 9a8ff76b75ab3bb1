/* The agent as a program of its own, to be copied to the machine under test. */
#include "harness/agent.h"

int main(int argc, char **argv)
{
    return agent_main(argc, argv);
}
