using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace ApproxNets.Data;

/// <summary>Downloads a file over HTTP, going on from what an earlier attempt left.</summary>
internal static class ResumableDownload
{
    private const int BufferLength = 1 << 16;
    private const int MostRedirects = 10;

    /// <summary>How long the server may send nothing before the download is given up.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes a client for <see cref="DownloadAsync"/>: one without a limit on the whole request, which would end a slow download (a
    /// silent server is noticed without), and one that leaves redirects to it, since it would follow them to any scheme.</summary>
    public static HttpClient Client() => new(new HttpClientHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>
    /// Downloads to a file. What it holds already is kept and the rest asked for (HTTP Range); a server that sends the whole
    /// file all the same starts it anew. After a failure or a cancellation the file holds what has come.
    /// </summary>
    /// <param name="client">Sends the requests.</param>
    /// <param name="address">Where the file is.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="most">Most bytes that it may have.</param>
    /// <param name="longestSilence">How long the server may send nothing.</param>
    /// <param name="progress">Receives how far the download is.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="IOException">The connection failed, fell silent or ended early.</exception>
    /// <exception cref="InvalidDataException">The server sends more than the file may have; what has come is removed.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached, refused, or redirects to what is not HTTP.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task DownloadAsync(
        HttpClient client, Uri address, string path, long most, TimeSpan longestSilence, IProgress<FetchProgress>? progress,
        CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        using HttpResponseMessage response = await RequestAsync(client, address, file, longestSilence, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // Only returned by RequestAsync when the file is whole.
            progress?.Report(new FetchProgress(file.Length, file.Length, 0));
            return;
        }

        long start = file.Position;
        long? total = start + response.Content.Headers.ContentLength;
        var watch = Stopwatch.StartNew();
        TimeSpan nextReport = TimeSpan.Zero;
        CheckSize(total ?? start);
        FetchProgress Now() => new(file.Position, total, (file.Position - start) / Math.Max(1e-3, watch.Elapsed.TotalSeconds));
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            var buffer = new byte[BufferLength];
            Task<int> Read(CancellationToken token) => body.ReadAsync(buffer, token).AsTask();
            while (await UnlessSilentAsync(address.Host, Read, longestSilence, cancellation).ConfigureAwait(false) is > 0 and int count)
            {
                CheckSize(file.Position + count);
                await file.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
                if (watch.Elapsed >= nextReport)
                {
                    progress?.Report(Now());
                    nextReport = watch.Elapsed + ReportEvery;
                }
            }
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested && error is IOException or HttpRequestException)
        {
            throw Interrupted(address, file.Position, total, error);
        }

        if (file.Position != (total ?? file.Position))
        {
            throw Interrupted(address, file.Position, total, null);
        }

        progress?.Report(Now());

        void CheckSize(long size)
        {
            if (size > most)
            {
                file.SetLength(0);
                throw new InvalidDataException($"Download of {address}: found {size} bytes or more, expected at most {most}. They were removed.");
            }
        }
    }

    /// <summary>Sends the request; the file then is at the position where the body belongs.</summary>
    private static async Task<HttpResponseMessage> RequestAsync(
        HttpClient client, Uri address, FileStream file, TimeSpan longestSilence, CancellationToken cancellation)
    {
        Uri place = address;
        int redirects = MostRedirects;
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, place);
            if (file.Length > 0)
            {
                request.Headers.Range = new RangeHeaderValue(file.Length, null);
            }

            HttpResponseMessage response = await UnlessSilentAsync(
                place.Host, token => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), longestSilence,
                cancellation).ConfigureAwait(false);
            ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
            switch (response.StatusCode)
            {
                case HttpStatusCode.PartialContent when range?.From == file.Length:
                    file.Position = file.Length;
                    return response;
                case HttpStatusCode.OK:
                    file.SetLength(0);
                    return response;
                case HttpStatusCode.RequestedRangeNotSatisfiable when file.Length > 0 && range?.Length == file.Length:
                    return response;
                case HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.PartialContent when file.Length > 0:
                    // What is there is no beginning of what the server has now.
                    response.Dispose();
                    file.SetLength(0);
                    break;
                case HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect
                    or HttpStatusCode.PermanentRedirect when redirects-- > 0:
                    Uri? location = response.Headers.Location is { } there ? new Uri(place, there) : null;
                    response.Dispose();
                    place = location is { Scheme: "https" } || (location is { Scheme: "http" } && place.Scheme == location.Scheme)
                        ? location
                        : throw new HttpRequestException(
                            $"Download of {address}: found a redirect to '{location}', expected one to https{(place.Scheme == "http" ? " or http" : "")}.");
                    break;
                default:
                    HttpStatusCode status = response.StatusCode;
                    response.Dispose();
                    throw new HttpRequestException(
                        $"Download of {address}: found HTTP status {(int)status} ({status}), expected 200 or 206.", null, status);
            }
        }
    }

    /// <summary>Awaits what the server sends; an error when it sends nothing for too long.</summary>
    private static async Task<T> UnlessSilentAsync<T>(
        string host, Func<CancellationToken, Task<T>> receive, TimeSpan longestSilence, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(longestSilence);
        try
        {
            return await receive(silence.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"{host} sent nothing for {longestSilence.TotalSeconds:0.#} s");
        }
    }

    private static IOException Interrupted(Uri address, long found, long? total, Exception? cause) => new(
        $"Download of {address}: found {found} bytes, expected {total?.ToString() ?? "more"}"
        + $"{(cause is null ? "" : $" ({cause.Message})")}. Fetching again goes on from there.",
        cause);
}
