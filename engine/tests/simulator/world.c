/* The world goes on, one step at a time. */
#include "sim.h"

/* Who is next: an end's own business, or a packet. Ends first, so that a timer due now sees the world before it. */
static void step(struct world *w)
{
    size_t index = network_next(&w->network);
    tcpr_time packet_at = index == SIZE_MAX ? TCPR_NEVER : w->network.packets[index].due;
    tcpr_time a = end_next(w, &w->ends[0]), b = end_next(w, &w->ends[1]);
    tcpr_time next = a < b ? a : b;
    if (packet_at < next) { next = packet_at; }
    require(w, next != TCPR_NEVER, "nothing will ever happen again");
    if (next > w->now) { w->now = next; }
    if (stormy(w) && chance(w, w->network.weather.attacked)) {
        attack(w);
    } else if (a <= w->now) {
        end_acts(w, &w->ends[0]);
    } else if (b <= w->now) {
        end_acts(w, &w->ends[1]);
    } else {
        struct packet packet;
        network_take(&w->network, index, &packet);
        if (packet.is_error) {
            end_gets_icmp(w, &w->ends[packet.to], &packet.error);
        } else {
            end_hears(w, &w->ends[packet.to], &packet);
        }
    }
}

void world_run(struct world *w, const struct making *making)
{
    world_draw(w, making);
    if (making->adjust) { making->adjust(w, making->how); }
    while (!end_done(&w->ends[0]) || !end_done(&w->ends[1])) {
        if (stormy(w)) { w->calm_since = w->now; }
        require(w, ++w->steps < making->steps_max, "too many steps");
        require(w, w->now - w->calm_since < making->time_max, "too much time");
        step(w);
    }
}
