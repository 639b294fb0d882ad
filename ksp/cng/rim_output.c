#include <limits.h>
#include <string.h>

#include "rim.h"

enum signum_status
signum_rim_room(size_t len, const BYTE *pbOutput, DWORD cbOutput, DWORD *pcbResult)
{
    *pcbResult = 0;
    if (len > MAXDWORD)
        return SIGNUM_TOO_LARGE;
    *pcbResult = (DWORD)len;
    if (pbOutput != NULL && cbOutput < len)
        return SIGNUM_BUFFER_TOO_SMALL;
    return SIGNUM_OK;
}

enum signum_status
signum_rim_output(struct signum_bytes value, BYTE *pbOutput, DWORD cbOutput, DWORD *pcbResult)
{
    enum signum_status status = signum_rim_room(value.len, pbOutput, cbOutput, pcbResult);

    if (status == SIGNUM_OK && pbOutput != NULL && value.len > 0)
        memcpy(pbOutput, value.data, value.len);
    return status;
}
