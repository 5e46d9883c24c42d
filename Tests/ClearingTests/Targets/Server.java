import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A server with a thread a connection for the tests of room Clearing; see target.c for what it answers. */
public class Server {
    static final AtomicInteger failures = new AtomicInteger();
    static final List<Socket> kept = Collections.synchronizedList(new ArrayList<>());

    public static void main(String[] arguments) throws IOException {
        ServerSocket listener = new ServerSocket(Integer.parseInt(arguments[0]), 4096);
        System.out.println("ready");
        while (true) {
            Socket accepted = listener.accept();
            Thread thread = new Thread(() -> serve(accepted));
            thread.setDaemon(true);
            thread.start();
        }
    }

    static void serve(Socket connection) {
        byte[] line = new byte[4096];
        try {
            InputStream input = connection.getInputStream();
            while (true) {
                int length = input.read(line);
                if (length < 0) {
                    connection.close();
                    return;
                }
                String text = new String(line, 0, length);
                if (text.startsWith("status")) text = "failures " + failures.get() + " lost 0\n";
                connection.getOutputStream().write(text.getBytes());
                if (text.startsWith("keep")) {
                    kept.add(connection); // never closed: the leak
                    return;
                }
            }
        } catch (IOException error) {
            failures.incrementAndGet();
            System.out.println("FAIL " + error);
        }
    }
}
