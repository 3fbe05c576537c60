using System.Buffers;
using System.Runtime.InteropServices;

namespace ApproxNets.Kernels;

/// <summary>Pooled memory that is handed out in pieces aligned to cache lines; returned as a whole. Not cleared.</summary>
internal unsafe ref struct Scratch
{
    private const int Alignment = 64;
    private const int MostPieces = 16;

    private readonly byte[] _rented;
    private GCHandle _pin;
    private byte* _next;

    /// <summary>Rents room for pieces of <paramref name="bytes"/> in all.</summary>
    public Scratch(long bytes)
    {
        _rented = ArrayPool<byte>.Shared.Rent(checked((int)(bytes + ((MostPieces + 1) * Alignment))));
        _pin = GCHandle.Alloc(_rented, GCHandleType.Pinned);
        _next = (byte*)(((nuint)_pin.AddrOfPinnedObject() + Alignment - 1) & ~(nuint)(Alignment - 1));
    }

    /// <summary>Takes the next piece.</summary>
    public T* Take<T>(int count)
        where T : unmanaged
    {
        byte* piece = _next;
        _next += (((long)count * sizeof(T)) + Alignment - 1) & -Alignment;
        System.Diagnostics.Debug.Assert(_next <= (byte*)_pin.AddrOfPinnedObject() + _rented.Length, "Pieces fit what was rented.");
        return (T*)piece;
    }

    public void Dispose()
    {
        _pin.Free();
        ArrayPool<byte>.Shared.Return(_rented);
    }
}
